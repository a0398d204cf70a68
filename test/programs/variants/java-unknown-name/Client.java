import java.net.*;
import java.util.*;
public class Client {
  public static void main(String[] a) throws Exception {
    Socket s = new Socket("machine1", 7999);
    System.out.print("line: ");
    s.getOutputStream().write(new Scanner(System.in).nextLine().getBytes());
  }
}
