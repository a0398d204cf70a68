import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;

/** TP1: a TCP client. It sends what you type, and shows the answer; "exit" ends the session. */
public class Client {
    static final int PORT = 7999;

    public static void main(String[] words) throws IOException {
        System.out.println("TP1 CLI");
        try (Socket connection = new Socket(words[0], PORT)) {
            talk(connection);
        } catch (IOException error) {
            System.out.println("Cannot talk to " + words[0] + ":" + PORT + ": " + error.getMessage());
            System.exit(1);
        }
    }

    static void talk(Socket connection) throws IOException {
        BufferedReader operator = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        // TCP carries bytes, not messages: readLine() reads on to the end of the line.
        BufferedReader server = new BufferedReader(new InputStreamReader(connection.getInputStream(), "UTF-8"));
        PrintStream toServer = new PrintStream(connection.getOutputStream(), true, "UTF-8");
        String prompt = "client@" + InetAddress.getLocalHost().getHostName() + ":" + PORT + "$ ";
        String message = "";
        while (!message.equals("exit")) {
            System.out.print(prompt);
            message = operator.readLine();
            if (message == null) return; // Ctrl-D
            toServer.print(message + "\n");
            toServer.flush();
            String answer = server.readLine();
            if (answer == null) throw new IOException("the server has gone");
            System.out.println("from server " + answer);
        }
    }
}
